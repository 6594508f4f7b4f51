"""Why an application cannot be made, seen or moved on."""

from governance.errors import shown
from serving.reasons import Conflict, Invalid, Missing, Refused


class ApplicationInvalid(Invalid):
    """What is applied for is not said in a way that could be judged; `field` names where."""

    def __init__(self, public: str, field: str = "") -> None:
        super().__init__(public)
        self.field = field


class ApplicationUnknown(Missing):
    """There is no application of that id, or none that this caller may know of."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"There is no application {shown(identifier)} that you may see.")


class DatasetNotOffered(Missing):
    """There is no dataset of that id that this caller may apply for."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"There is no dataset {shown(identifier)} that you can apply for.")


class NotNow(Conflict):
    """The application is in a state in which that cannot be done."""


class Overtaken(Conflict):
    """Somebody else has moved the application on meanwhile."""

    def __init__(self) -> None:
        super().__init__("Somebody has moved this application on meanwhile: look at it again, then decide.")


class TooMany(Conflict):
    """Somebody has begun as many applications as one person can mean."""

    def __init__(self, most: int, what: str) -> None:
        super().__init__(f"You have {most} {what}.")


class OwnApplication(Refused):
    """Nobody decides on access of their own."""

    def __init__(self) -> None:
        super().__init__("You are one of those who would get access: somebody else has to approve it.")


class YouApproved(Refused):
    """Who approved an application gets nothing of it afterwards."""

    def __init__(self) -> None:
        super().__init__("You approved this application: you cannot be one of those who get access by it.")


class NotOfThisBroker(Refused):
    """Only accounts of this broker get its visas."""

    def __init__(self) -> None:
        super().__init__("Log in with an account of this site's broker: that is whom its visas are for.")
