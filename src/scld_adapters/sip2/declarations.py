"""The 31 messages of 3M SIP2 2.00. A tag with ``?`` may be left out, one with ``*`` may be repeated."""

from __future__ import annotations

from scld_adapters.sip2.spec import Fixed, Kind, MessageSpec, answer, request
from scld_core.kernel.capability import Effect

__all__ = ["SPECS"]

_DATE = Fixed("transaction_date", 18, Kind.DATE, "when it happened")
_LANGUAGE = Fixed("language", 3, Kind.NUMBER, "000 unknown, 001 English, ...")
_BLOCKS = Fixed("patron_status", 14, Kind.BLOCKS, "14 flags of what the patron may not do")
_OK = Fixed("ok", 1, Kind.OK, "1 done, 0 refused")
_NO_BLOCK = Fixed("no_block", 1, Kind.FLAG, "Y: done off line already, must be taken")
_MAGNETIC = Fixed("magnetic_media", 1, Kind.FLAG_OR_UNKNOWN, "whether the medium must not be desensitised magnetically")
_RENEWAL_OK = Fixed("renewal_ok", 1, Kind.FLAG, "Y: it was a renewal")
_DESENSITIZE = Fixed("desensitize", 1, Kind.FLAG_OR_UNKNOWN, "Y: the terminal must desensitise the item")
_NO_BLOCK_DUE = Fixed("nb_due_date", 18, Kind.DATE_OR_BLANK, "due date given off line; blank when there is none")
_VERSION = Fixed("protocol_version", 4, Kind.VERSION, "2.00")
_LOAN_ANSWER = "AO AA AB AJ AH BT? CI? BH? BV? CK? CH? BK? AF?* AG?*"
_LENT = (_OK, _RENEWAL_OK, _MAGNETIC, _DESENSITIZE, _DATE)
_READ, _WRITE = Effect.READ, Effect.WRITE


def _flag(name: str, meaning: str) -> Fixed:
    return Fixed(name, 1, Kind.FLAG, meaning)


def _count(name: str, meaning: str) -> Fixed:
    return Fixed(name, 4, Kind.COUNT, meaning)


_REQUESTS = (
    request(
        "01",
        "BlockPatronRequest",
        _WRITE,
        "24",
        fixed=(_flag("card_retained", "Y: the terminal kept the card"), _DATE),
        tags="AO AL AA AC",
    ),
    request(
        "09",
        "CheckinRequest",
        _WRITE,
        "10",
        fixed=(_NO_BLOCK, _DATE, Fixed("return_date", 18, Kind.DATE_OR_BLANK, "when the item came back")),
        tags="AP AO AB AC CH? BI?",
    ),
    request(
        "11",
        "CheckoutRequest",
        _WRITE,
        "12",
        fixed=(
            _flag("sc_renewal_policy", "Y: renew when the patron has the item already"),
            _NO_BLOCK,
            _DATE,
            _NO_BLOCK_DUE,
        ),
        tags="AO AA AB AC CH? AD? BO? BI?",
    ),
    request(
        "15",
        "HoldRequest",
        _WRITE,
        "16",
        fixed=(Fixed("hold_mode", 1, Kind.HOLD_MODE, "+ place, - cancel, * change"), _DATE),
        tags="AO AA BW? BS? BY? AD? AB? AJ? AC? BO?",
    ),
    request("17", "ItemInformationRequest", _READ, "18", fixed=(_DATE,), tags="AO AB AC?"),
    request("19", "ItemStatusUpdateRequest", _WRITE, "20", fixed=(_DATE,), tags="AO AB AC? CH"),
    request("23", "PatronStatusRequest", _READ, "24", fixed=(_LANGUAGE, _DATE), tags="AO AA AC AD"),
    request("25", "PatronEnableRequest", _WRITE, "26", fixed=(_DATE,), tags="AO AA AC? AD?"),
    request(
        "29",
        "RenewRequest",
        _WRITE,
        "30",
        fixed=(_flag("third_party_allowed", "Y: somebody else may renew"), _NO_BLOCK, _DATE, _NO_BLOCK_DUE),
        tags="AO AA AD? AB? AJ? AC? CH? BO?",
    ),
    request("35", "EndPatronSessionRequest", _READ, "36", fixed=(_DATE,), tags="AO AA AC? AD?"),
    request(
        "37",
        "FeePaidRequest",
        _WRITE,
        "38",
        fixed=(
            _DATE,
            Fixed("fee_type", 2, Kind.CODE, "01 other, 04 overdue, 06 rental, 07 replacement, ..."),
            Fixed("payment_type", 2, Kind.CODE, "00 cash, 01 VISA, 02 credit card"),
            Fixed("currency_type", 3, Kind.CURRENCY, "three letters of ISO 4217"),
        ),
        tags="BV AO AA AC? AD? CG? BK?",
    ),
    request(
        "63",
        "PatronInformationRequest",
        _READ,
        "64",
        fixed=(
            _LANGUAGE,
            _DATE,
            Fixed("summary", 10, Kind.SUMMARY, "at most one Y: holds, overdue, charged, fines, recalls, not ready"),
        ),
        tags="AO AA AC? AD? BP? BQ?",
    ),
    request("65", "RenewAllRequest", _WRITE, "66", fixed=(_DATE,), tags="AO AA AD? AC? BO?"),
    request(
        "93",
        "LoginRequest",
        _READ,
        "94",
        fixed=(
            Fixed("uid_algorithm", 1, Kind.DIGIT, "0: the login name is not encrypted"),
            Fixed("pwd_algorithm", 1, Kind.DIGIT, "0: the password is not encrypted"),
        ),
        tags="CN CO CP?",
    ),
    request("97", "RequestACSResend", _READ, None, fixed=()),
    request(
        "99",
        "SCStatusRequest",
        _READ,
        "98",
        fixed=(
            Fixed("status_code", 1, Kind.DIGIT, "0 in order, 1 out of paper, 2 shutting down"),
            Fixed("max_print_width", 3, Kind.NUMBER, "characters of a slip's line"),
            _VERSION,
        ),
    ),
)

_ANSWERS = (
    answer(
        "10",
        "CheckinResponse",
        (
            _OK,
            _flag("resensitize", "Y: the terminal must resensitise the item"),
            _MAGNETIC,
            _flag("alert", "Y: the terminal must call staff"),
            _DATE,
        ),
        "AO AB AQ AJ? CL? AA? CK? CH? AF?* AG?*",
    ),
    answer("12", "CheckoutResponse", _LENT, _LOAN_ANSWER),
    answer(
        "16",
        "HoldResponse",
        (_OK, _flag("available", "Y: the item is on the shelf now"), _DATE),
        "BW? BR? BS? AO AA AB? AJ? AF?* AG?*",
    ),
    answer(
        "18",
        "ItemInformationResponse",
        (
            Fixed("circulation_status", 2, Kind.CODE, "03 available, 04 on loan, 08 on the hold shelf, 01 other"),
            Fixed("security_marker", 2, Kind.CODE, "00 other, 01 none, 02 tattle tape, 03 whisper tape"),
            Fixed("fee_type", 2, Kind.CODE, "01 other, 06 rental, ..."),
            _DATE,
        ),
        "CF? AH? CJ? CM? AB AJ BG? BH? BV? CK? AQ? AP? CH? AF?* AG?*",
    ),
    answer(
        "20",
        "ItemStatusUpdateResponse",
        (Fixed("item_properties_ok", 1, Kind.OK, "1 stored, 0 not"), _DATE),
        "AB AJ? CH? AF?* AG?*",
    ),
    answer("24", "PatronStatusResponse", (_BLOCKS, _LANGUAGE, _DATE), "AO AA AE BL? CQ? BH? BV? AF?* AG?*"),
    answer("26", "PatronEnableResponse", (_BLOCKS, _LANGUAGE, _DATE), "AO AA AE BL? CQ? AF?* AG?*"),
    answer("30", "RenewResponse", _LENT, _LOAN_ANSWER),
    answer("36", "EndSessionResponse", (_flag("end_session", "Y: the session is ended"), _DATE), "AO AA AF?* AG?*"),
    answer(
        "38", "FeePaidResponse", (_flag("payment_accepted", "Y: the payment was taken"), _DATE), "AO AA BK? AF?* AG?*"
    ),
    answer(
        "64",
        "PatronInformationResponse",
        (
            _BLOCKS,
            _LANGUAGE,
            _DATE,
            _count("hold_items_count", "holds that are ready"),
            _count("overdue_items_count", "overdue items"),
            _count("charged_items_count", "items on loan"),
            _count("fine_items_count", "fees"),
            _count("recall_items_count", "recalled items"),
            _count("unavailable_holds_count", "holds that are not ready"),
        ),
        "AO AA AE BZ? CA? CB? BL? CQ? BH? BV? CC? AS?* AT?* AU?* AV?* BU?* CD?* BD? BE? BF? AF?* AG?*",
    ),
    answer(
        "66",
        "RenewAllResponse",
        (
            _OK,
            Fixed("renewed_count", 4, Kind.DONE, "items renewed"),
            Fixed("unrenewed_count", 4, Kind.DONE, "items not renewed"),
            _DATE,
        ),
        "AO BM?* BN?* AF?* AG?*",
    ),
    answer("94", "LoginResponse", (_OK,)),
    answer("96", "RequestSCResend", ()),
    answer(
        "98",
        "ACSStatusResponse",
        (
            _flag("online_status", "Y: the ACS is up"),
            _flag("checkin_ok", "Y: the terminal may check in"),
            _flag("checkout_ok", "Y: the terminal may check out"),
            _flag("acs_renewal_policy", "Y: the terminal may renew"),
            _flag("status_update_ok", "Y: the terminal may block patrons"),
            _flag("offline_ok", "Y: the terminal may work off line"),
            Fixed("timeout_period", 3, Kind.NUMBER, "tenths of a second to wait for an answer; 999 unknown"),
            Fixed("retries_allowed", 3, Kind.NUMBER, "how often the terminal may try again; 999 unknown"),
            Fixed("date_time_sync", 18, Kind.DATE, "the ACS's clock"),
            _VERSION,
        ),
        "AO AM? BX AN? AF?* AG?*",
    ),
)

SPECS: tuple[MessageSpec, ...] = (*_REQUESTS, *_ANSWERS)
"""Requests by code, then answers by code."""
