"""`passport/upstream.toml`: read and checked as a whole, with secrets that stand nowhere else."""

from pathlib import Path

import pytest

from passport_broker.upstream.errors import ProviderUnknown, UpstreamInvalid
from passport_broker.upstream.providers import NO_PROVIDERS, path_in, read_providers
from tests.passport_broker.upstream.visiting import provider, write

ISSUER = "https://idp.example/realms/x"
GOOD = provider("idp", ISSUER)


def read(folder: Path, *providers: str, **environ: str) -> object:
    path = write(folder, *providers, secrets={"idp": "the secret", "two": "another"})
    return read_providers(path, "https://site.example/passport", environ)


def test_a_site_without_the_file_has_no_providers(tmp_path: Path) -> None:
    assert read_providers(path_in(tmp_path)) is NO_PROVIDERS


def test_what_the_file_says_is_read_with_its_secrets(tmp_path: Path) -> None:
    second = provider("two", "https://two.example", client_secret_file=None,
                      client_secret_variable="TWO_SECRET", authentication="post")  # fmt: skip
    third = provider("three", "https://three.example", client_secret_file=None, authentication="none")
    found = read(tmp_path, GOOD, second, third, TWO_SECRET=" from the environment\n")
    secrets = [each.secret and each.secret.get_secret_value() for each in found.provider]  # type: ignore[attr-defined]
    assert secrets == ["the secret", "from the environment", None]
    for text in (repr(found), str(found), found.model_dump_json()):  # type: ignore[attr-defined]
        assert "the secret" not in text
        assert "from the environment" not in text
    with pytest.raises(ProviderUnknown):
        found.get("four")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("providers", "says"),
    [
        (["[[provider]"], "line 1"),
        (["x = 1"], "x: there is no such field"),
        (["skew = 121"], "skew"),
        (["[[provider]]\nid = 'idp'"], "name: must be given"),
        ([GOOD, GOOD], "two .* have the id idp"),
        ([GOOD, provider("two", ISSUER)], f"two .* have the issuer {ISSUER}"),
        ([provider("Idp", ISSUER)], "provider 1: id"),
        ([provider("../x", ISSUER)], "provider 1: id"),
        ([provider("idp", "http://idp.example")], "provider 1: issuer: must begin with https"),
        ([provider("idp", "https://idp.example/?x")], "may have no query"),
        ([provider("idp", "https://user:pw@idp.example")], "may hold no user"),
        ([provider("idp", "https://site.example/passport")], "is this site itself"),
        ([provider("idp", ISSUER, accounts="all")], "accounts"),
        ([provider("idp", ISSUER, authentication="jwt")], "authentication"),
        ([provider("idp", ISSUER, scopes=["profile"])], "must have openid"),
        ([provider("idp", ISSUER, scopes=["openid", "a b"])], "scopes 2"),
        ([provider("idp", ISSUER, token_endpoint="http://169.254.169.254/")], "token_endpoint: must begin"),
        ([provider("idp", ISSUER, client_secret_file=None)], "needs client_secret_file or"),
        ([provider("idp", ISSUER, client_secret_variable="X")], "one of them only"),
        ([provider("idp", ISSUER, authentication="none")], "neither with"),
        ([provider("idp", ISSUER, client_secret_file="no.secret")], "no.secret cannot be read"),
        ([provider("idp", ISSUER, client_secret_file=None, client_secret_variable="NO_ONE")], "NO_ONE must"),
        ([provider("idp", ISSUER, client_secret_file=None, client_secret_variable="no")], "client_secret_v"),
        ([provider("idp", ISSUER, client_secret="in the file")], "put the secret into a file"),
        ([provider("idp", ISSUER, secret="in the file")], "put the secret into a file"),
        ([provider("idp", ISSUER, nmae="x")], "provider 1: nmae: there is no such field"),
    ],
)
def test_a_file_that_is_wrong_says_where_and_what_to_do(
    tmp_path: Path, providers: list[str], says: str
) -> None:
    with pytest.raises(UpstreamInvalid, match=says) as error:
        read(tmp_path, *providers)
    assert "in the file" not in error.value.public.replace("put the secret into a file", "")


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, secrets={"idp": "the secret"})
    (path.parent / "idp.secret").chmod(0o640)
    with pytest.raises(UpstreamInvalid, match=r"chmod 600 .*idp\.secret"):
        read_providers(path)
    (path.parent / "idp.secret").chmod(0o600)
    for content in ("", "x" * 1001):
        (path.parent / "idp.secret").write_text(content)
        with pytest.raises(UpstreamInvalid, match="1 to 1000"):
            read_providers(path)
