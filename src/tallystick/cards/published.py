"""The published test cards: Stripe's numbers and names (docs.stripe.com/testing), and a few of our own.

One line per card: `pm_card_` name (without that prefix), number, funding, country, behaviour, remark. The token of a
card is `tok_` and the same rest. A name beginning with `tallystick` is ours: either a card Stripe publishes by number
only, or a behaviour Stripe has no card for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from tallystick.cards.model import Behaviour, TestCard
from tallystick.cards.number import brand_of

_CARDS = """
visa                        4242424242424242    credit  US approve           | Visa
visa_debit                  4000056655665556    debit   US approve           | Visa debit
mastercard                  5555555555554444    credit  US approve           | Mastercard
tallystickMastercard2Series 2223003122003222    credit  US approve           | Mastercard, 2-series
mastercard_debit            5200828282828210    debit   US approve           | Mastercard debit
mastercard_prepaid          5105105105105100    prepaid US approve           | Mastercard prepaid
amex                        378282246310005     credit  US approve           | American Express
tallystickAmex2             371449635398431     credit  US approve           | American Express, second number
discover                    6011111111111117    credit  US approve           | Discover
tallystickDiscover2         6011000990139424    credit  US approve           | Discover, second number
tallystickDiscoverDebit     6011981111111113    debit   US approve           | Discover debit
diners                      3056930009020004    credit  US approve           | Diners Club
tallystickDiners14          36227206271667      credit  US approve           | Diners Club, 14 digits
tallystickBccard            6555900000604105    credit  KR approve           | BCcard and DinaCard
jcb                         3566002020360505    credit  JP approve           | JCB
tallystickJcbJapan          3530111333300000    credit  JP approve           | JCB, issued in Japan
unionpay                    6200000000000005    credit  CN approve           | UnionPay
tallystickUnionpayDebit     6200000000000047    debit   CN approve           | UnionPay debit
tallystickUnionpay19        6205500000000000004 credit  CN approve           | UnionPay, 19 digits
visa_cartesBancaires        4000002500001001    credit  FR approve           | Cartes Bancaires with Visa
mastercard_cartesBancaires  5555552500001001    credit  FR approve           | Cartes Bancaires with Mastercard
visa_debit_eftposAuCoBranded       4000050360000001 debit AU approve         | eftpos Australia with Visa
mastercard_debit_eftposAuCoBranded 5555050360000080 debit AU approve         | eftpos Australia with Mastercard
debit_visaFsaProductCode    4000051230000072    debit   US approve           | Visa FSA or HSA
mastercard_debit_mastercardFsaProductCode 5200828282828897 debit US approve  | Mastercard FSA
ar 4000000320000021 credit AR approve | Argentina
br 4000000760000002 credit BR approve | Brazil
ca 4000001240000000 credit CA approve | Canada
cl 4000001520000001 credit CL approve | Chile
co 4000001700000003 credit CO approve | Colombia
cr 4000001880000005 credit CR approve | Costa Rica
ec 4000002180000000 credit EC approve | Ecuador
mx 4000004840008001 credit MX approve | Mexico
pa 4000005910000000 credit PA approve | Panama
py 4000006000000066 credit PY approve | Paraguay
pe 4000006040000068 credit PE approve | Peru
uy 4000008580000003 credit UY approve | Uruguay
ae 4000007840000001 credit AE approve | United Arab Emirates
ae_mastercard 5200007840000022 credit AE approve | United Arab Emirates, Mastercard
at 4000000400000008 credit AT approve | Austria
be 4000000560000004 credit BE approve | Belgium
bg 4000001000000000 credit BG approve | Bulgaria
by 4000001120000005 credit BY approve | Belarus
hr 4000001910000009 credit HR approve | Croatia
cy 4000001960000008 credit CY approve | Cyprus
cz 4000002030000002 credit CZ approve | Czechia
dk 4000002080000001 credit DK approve | Denmark
ee 4000002330000009 credit EE approve | Estonia
fi 4000002460000001 credit FI approve | Finland
fr 4000002500000003 credit FR approve | France
de 4000002760000016 credit DE approve | Germany
gi 4000002920000005 credit GI approve | Gibraltar
gr 4000003000000030 credit GR approve | Greece
hu 4000003480000005 credit HU approve | Hungary
ie 4000003720000005 credit IE approve | Ireland
it 4000003800000008 credit IT approve | Italy
lv 4000004280000005 credit LV approve | Latvia
li 4000004380000004 credit LI approve | Liechtenstein
lt 4000004400000000 credit LT approve | Lithuania
lu 4000004420000006 credit LU approve | Luxembourg
mt 4000004700000007 credit MT approve | Malta
nl 4000005280000002 credit NL approve | Netherlands
no 4000005780000007 credit NO approve | Norway
pl 4000006160000005 credit PL approve | Poland
pt 4000006200000007 credit PT approve | Portugal
ro 4000006420000001 credit RO approve | Romania
tallystickSaudiArabia 4000006820000007 credit SA approve | Saudi Arabia
si 4000007050000006 credit SI approve | Slovenia
sk 4000007030000001 credit SK approve | Slovakia
es 4000007240000007 credit ES approve | Spain
se 4000007520000008 credit SE approve | Sweden
ch 4000007560000009 credit CH approve | Switzerland
gb 4000008260000000 credit GB approve | United Kingdom
gb_debit 4000058260000005 debit GB approve | United Kingdom, debit
gb_mastercard 5555558265554449 credit GB approve | United Kingdom, Mastercard
au 4000000360000006 credit AU approve | Australia
cn 4000001560000002 credit CN approve | China
hk 4000003440000004 credit HK approve | Hong Kong
in 4000003560000008 credit IN approve | India
jp 4000003920000003 credit JP approve | Japan
my 4000004580000002 credit MY approve | Malaysia
nz 4000005540000008 credit NZ approve | New Zealand
sg 4000007020000003 credit SG approve | Singapore
tw 4000001580000008 credit TW approve | Taiwan
th_credit 4000007640000003 credit TH approve | Thailand
th_debit 4000057640000008 debit TH approve | Thailand, debit
visa_chargeDeclined                      4000000000000002 credit US decline:generic_decline | Declined, no reason given
visa_chargeDeclinedInsufficientFunds     4000000000009995 credit US decline:insufficient_funds | Insufficient funds
visa_chargeDeclinedLostCard              4000000000009987 credit US decline:lost_card | Lost card
visa_chargeDeclinedStolenCard            4000000000009979 credit US decline:stolen_card | Stolen card
chargeDeclinedExpiredCard                4000000000000069 credit US decline:expired_card | Expired card
chargeDeclinedIncorrectCvc               4000000000000127 credit US decline:incorrect_cvc | Wrong security code
chargeDeclinedProcessingError            4000000000000119 credit US decline:processing_error | Processing error
visa_chargeDeclinedVelocityLimitExceeded 4000000000006975 credit US decline:card_velocity_exceeded | Velocity limit
chargeCustomerFail                       4000000000000341 credit US decline:generic_decline | Attaches, then declines
radarBlock                               4100000000000019 credit US decline:fraudulent | Always blocked as fraud
riskLevelHighest                         4000000000004954 credit US approve | Highest risk
riskLevelElevated                        4000000000009235 credit US approve | Elevated risk
cvcCheckFail                             4000000000000101 credit US approve | Security code check fails
avsZipFail                               4000000000000036 credit US approve | Postal code check fails
cvcCheckFailElevatedRisk                 4000058400307872 credit US approve | Security code check fails, elevated risk
avsZipFailElevatedRisk                   4000058400306072 credit US approve | Postal code check fails, elevated risk
avsLine1Fail                             4000000000000028 credit US approve | Address line check fails
avsFail                                  4000000000000010 credit US approve | Both address checks fail
avsUnchecked                             4000000000000044 credit US approve | Address checks unavailable
createDispute                            4000000000000259 credit US dispute | Disputed as fraudulent
createDisputeProductNotReceived          4000000000002685 credit US dispute_not_received | Disputed: not received
createDisputeInquiry                     4000000000001976 credit US inquiry | The bank inquires
createIssuerFraudRecord                  4000000000005423 credit US fraud_warning | Early fraud warning
createMultipleDisputes                   4000000404000079 credit US dispute_twice | Disputed twice
createCe3EligibleDispute                 4000000404000038 credit US dispute | Disputed, compelling evidence possible
createComplianceDispute                  4000008400000779 credit US dispute | Compliance dispute
pendingRefund                            4000000000007726 credit US refund_pending | Refund pending, then succeeds
refundFail                               4000000000005126 credit US refund_fails | Refund fails later
bypassPending                            4000000000000077 credit US approve | Funds available at once
bypassPendingInternational               4000003720000278 credit IE approve | Funds available at once, international
authenticationRequiredOnSetup            4000002500003155 credit FR requires_action | Authenticate unless set up
authenticationRequired                   4000002760003184 credit DE requires_action | Always authenticate
authenticationRequiredSetupForOffSession 4000003800000446 credit IT requires_action | Authenticate when present
authenticationRequiredChargeDeclinedInsufficientFunds 4000008260003178 credit GB requires_action | Then declined
threeDSecure2Required                    4000000000003220 credit US requires_action | 3-D Secure required
threeDSecureRequiredChargeDeclined       4000008400001629 credit US requires_action | 3-D Secure required, then declined
threeDSecureRequiredProcessingError      4000008400001280 credit US requires_action | 3-D Secure required, lookup fails
threeDSecureOptional                     4000000000003055 credit US approve | 3-D Secure possible
threeDSecureOptionalProcessingError      4000000000003097 credit US approve | 3-D Secure possible, lookup fails
tallystickTimeout               4000009990001003 credit US timeout | Approved, the answer never comes
tallystickTimeoutOnCapture      4000009990002001 credit US timeout_capture | Captured, the answer never comes
tallystickTimeoutOnRefund       4000009990003009 credit US timeout_refund | Refunded, the answer never comes
tallystickUnavailable           4000009990004007 credit US unavailable | The processor is not available
tallystickDuplicateNotification 4000009990005004 credit US duplicate_notification | Every notification comes twice
tallystickReordered             4000009990006002 credit US reordered | Notifications come in the wrong order
"""

_OTHER_NAMES = {
    "us": "visa",
    "chargeDeclined": "visa_chargeDeclined",
    "chargeDeclinedInsufficientFunds": "visa_chargeDeclinedInsufficientFunds",
    "chargeDeclinedLostCard": "visa_chargeDeclinedLostCard",
    "chargeDeclinedStolenCard": "visa_chargeDeclinedStolenCard",
    "chargeDeclinedVelocityLimitExceeded": "visa_chargeDeclinedVelocityLimitExceeded",
    "chargeDeclinedFraudulent": "radarBlock",
    "visa_chargeDeclinedFraudulent": "radarBlock",
    "visa_chargeDeclinedExpiredCard": "chargeDeclinedExpiredCard",
    "visa_chargeDeclinedIncorrectCvc": "chargeDeclinedIncorrectCvc",
    "visa_chargeDeclinedProcessingError": "chargeDeclinedProcessingError",
    "visa_chargeCustomerFail": "chargeCustomerFail",
    "debit_visaHsaProductCode": "debit_visaFsaProductCode",
    "amex_threeDSecureNotSupported": "amex",
}
"""Older and second names that Stripe's own texts use for the same card."""


def _read(line: str) -> TestCard:
    fields, _, note = line.partition("|")
    rest, number, funding, country, told = fields.split()
    behaviour, _, decline_code = told.partition(":")
    return TestCard(
        name=f"pm_card_{rest}",
        token=f"tok_{rest}",
        number=number,
        brand=brand_of(number),
        funding=funding,
        country=country,
        behaviour=Behaviour(behaviour),
        decline_code=decline_code or None,
        note=note.strip(),
    )


def _named(cards: Mapping[str, TestCard]) -> Iterator[tuple[str, TestCard]]:
    yield from cards.items()
    for other, name in _OTHER_NAMES.items():
        yield f"pm_card_{other}", cards[f"pm_card_{name}"]


_BY_OWN_NAME = {card.name: card for card in map(_read, _CARDS.strip().splitlines())}
_BY_NUMBER = {card.number: card for card in _BY_OWN_NAME.values()}

TEST_CARDS: Mapping[str, TestCard] = MappingProxyType(dict(_named(_BY_OWN_NAME)))
"""Every `pm_card_` name and the card it means."""

_BY_TOKEN = {name.replace("pm_card_", "tok_", 1): card for name, card in TEST_CARDS.items()}


def by_name(name: str) -> TestCard | None:
    """The test card with this `pm_card_` or `tok_` name, or None."""
    return TEST_CARDS.get(name) or _BY_TOKEN.get(name)


def by_number(digits: str) -> TestCard | None:
    """The test card with this number (digits only), or None."""
    return _BY_NUMBER.get(digits)
