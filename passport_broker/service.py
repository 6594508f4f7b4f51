"""The public face of the room: what others may use of it."""

from passport_broker.access import Access, access_of, desk_of, own_site, visas_of
from passport_broker.clients import Clients
from passport_broker.domain.accounts import Account
from passport_broker.domain.actors import OPERATOR, Actor
from passport_broker.domain.clients import GRANTS, Client
from passport_broker.domain.visas import Assertion, Span
from passport_broker.identities import Identities
from passport_broker.proving import faults
from passport_broker.recording import Record, recording
from passport_broker.reminding.opening import mailer_of
from passport_broker.reminding.service import Reminding
from passport_broker.visa_source import VisaSource
from passport_broker.visas.desk import Wanted
from passport_broker.visas.own import OwnSite
from passport_broker.wire import visa as visa_json
from passport_broker.wire import wanted

__all__ = [
    "GRANTS",
    "OPERATOR",
    "Access",
    "Account",
    "Actor",
    "Assertion",
    "Client",
    "Clients",
    "Identities",
    "OwnSite",
    "Record",
    "Reminding",
    "Span",
    "VisaSource",
    "Wanted",
    "access_of",
    "desk_of",
    "faults",
    "mailer_of",
    "own_site",
    "recording",
    "visa_json",
    "visas_of",
    "wanted",
]
