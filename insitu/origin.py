"""The one address under which a site is reached: its broker's tokens name it."""

from governance.keys.urls import problem_with
from serving.settings import ServingSettings

MISSING = (
    "passport is not served: say with INSITU_SERVING_PUBLIC_URL under which https address callers reach "
    "this site"
)


def origin_of(serving: ServingSettings, url: str | None = None) -> str | None:
    """`https://host`; None where nobody has said it, and it cannot be known.

    A site that only this machine can reach needs no name: there it is `url`, where it is bound. One that
    is bound otherwise is reached by https, whatever it is called.
    """
    host = f"[{serving.host}]" if ":" in serving.host else serving.host
    here = f"http://{host}:{serving.port}"
    if serving.public_url is None:
        return (url or here) if problem_with(here) is None else None
    public = serving.public_url.rstrip("/")
    if problem_with(public) is not None:
        return None
    if public.startswith("http:") and problem_with(here) is not None:
        return None  # whoever else can reach it would be sent passwords and cookies in the clear
    return public
