"""Why disclosure control cannot do its work."""


class SecretLost(Exception):  # noqa: N818 - reads as what it is
    """The budgets were written under another secret."""

    def __init__(self) -> None:
        super().__init__(
            "the budgets in the database were written under another secret than the one in the data folder: "
            "put keys/disclosure.secret back as it was when they were written, or, to begin all budgets "
            "anew, empty governance.disclosed, governance.disclosure_spent, governance.disclosure_account "
            "and governance.disclosure_secret"
        )
