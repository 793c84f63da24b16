"""The story of Northgate, a web shop: its manager Piotr, its developer Dara, its client Chloé."""

from collections.abc import Iterator
from datetime import timedelta

from app.accounts.roles import Role
from app.dev import props
from app.dev.acts import Asks, Decides, Judges, Plans, Prefers, Raises, Reads, Says, Sets, Shares
from app.dev.demo import CLIENT_2, DEVELOPER_2, MANAGER_2, SECOND_PROJECT
from app.dev.stage import Act, Person
from app.issues.statuses import IssueKind, IssueStatus
from app.preferences.models import Digest
from app.preferences.schemas import PreferencesChange
from app.tasks.models import Decision, TaskStatus

CHLOE = Person(CLIENT_2, Role.CLIENT, SECOND_PROJECT)
DARA = Person(DEVELOPER_2, Role.DEVELOPER, SECOND_PROJECT)
PIOTR = Person(MANAGER_2, Role.STAFF, SECOND_PROJECT)

_PAGES = "Product pages"
_SEARCH = "Search with filters"
_CHECKOUT = "Checkout on phones"
_POSTCODES = "Postcodes of Belgium and the Netherlands"
_MAILS = "Order mails in French and English"
_INVOICES = "Invoices as PDF"
_LOAD = "Try the shop with a thousand visitors"
_LAUNCH = "Launch"

_REFUSED = "The postcode is refused for Belgium"
_SLOW = "Photos of products load slowly on a phone"
_WISHES = "A wish list that works without an account"
_WRAPPING = "Gift wrapping at the checkout"

_ONCE_A_DAY = PreferencesChange(time_zone="Europe/Paris", digest=Digest.DAILY)

_PRODUCTS = """\
number,name,colour,in stock
1001,Linen apron,natural,42
1002,Linen apron,indigo,17
1010,Oak bread board,,8
1024,Enamel jug 1.5 l,white,0
"""
_MAIL = """\
Bonjour {name},

merci pour votre commande n° {number}. Nous la préparons et vous écrivons dès qu'elle part.

Hello {name},

thank you for your order {number}. We are packing it, and write again when it leaves.
"""
_STEPS = (
    "1. The staging site is frozen, the last order is moved.",
    "2. Addresses are switched in the evening, after 22:00.",
    "3. Two orders are made and refunded, on a phone and on a computer.",
    "4. Dara watches the shop until noon of the next day.",
)


def acts() -> Iterator[Act]:
    yield Prefers(by=CHLOE, ago=timedelta(days=28), change=_ONCE_A_DAY)
    yield Prefers(by=DARA, ago=timedelta(days=28), change=PreferencesChange(time_zone="Europe/Paris"))
    yield from _plans()
    yield from _work()
    yield from _issues()
    yield from _talk()


def _plans() -> Iterator[Act]:
    planned = (
        (_PAGES, "Photo, price, sizes, what is in stock.", -20, DARA),
        (_SEARCH, "By colour, price and material; misspelt words too.", -11, DARA),
        (_CHECKOUT, "Three steps, with the total always in sight.", -4, DARA),
        (_POSTCODES, "Four digits, and four digits with two letters.", 2, DARA),
        (_MAILS, "Order, shipping, refund.", 3, DARA),
        (_INVOICES, "With the number of the order in the name of the file.", -1, PIOTR),
        (_LOAD, "", 12, None),
        (_LAUNCH, "On a Tuesday evening.", 21, PIOTR),
    )
    for number, (title, description, due, assignee) in enumerate(planned):
        ago = timedelta(days=27, hours=4, minutes=-2 * number)
        yield Plans(by=PIOTR, ago=ago, title=title, description=description, due=due, assignee=assignee)


def _work() -> Iterator[Act]:
    for days, task, status in (
        (26, _PAGES, TaskStatus.IN_PROGRESS),
        (20, _PAGES, TaskStatus.DONE),
        (19, _SEARCH, TaskStatus.IN_PROGRESS),
        (12, _SEARCH, TaskStatus.DONE),
        (11, _CHECKOUT, TaskStatus.IN_PROGRESS),
    ):
        yield Sets(by=DARA, ago=timedelta(days=days, hours=3), task=task, status=status)
    yield Shares(by=CHLOE, ago=timedelta(days=14, hours=2), files={"products.csv": _PRODUCTS.encode()})
    sketch = {"checkout.png": props.checkout()}
    note = "The second draft, with three steps instead of five."
    yield Asks(by=DARA, ago=timedelta(days=8, hours=5), task=_CHECKOUT, client=CHLOE, note=note, files=sketch)
    yield Decides(by=CHLOE, ago=timedelta(days=7, hours=20), task=_CHECKOUT, decision=Decision.APPROVED)
    yield Sets(by=DARA, ago=timedelta(days=4, hours=5), task=_CHECKOUT, status=TaskStatus.DONE)
    mail = {"order-mail.txt": _MAIL.encode()}
    yield Asks(by=DARA, ago=timedelta(days=3, hours=6), task=_MAILS, client=CHLOE, files=mail)
    comment = "English first for orders from abroad, please, and our address below."
    yield Decides(
        by=CHLOE, ago=timedelta(days=2, hours=22), task=_MAILS, decision=Decision.CHANGES_REQUESTED, comment=comment
    )
    yield Sets(by=DARA, ago=timedelta(hours=23), task=_POSTCODES, status=TaskStatus.IN_PROGRESS)
    note = "It is on the staging site: please try it with an address of your own."
    yield Asks(by=DARA, ago=timedelta(hours=21), task=_POSTCODES, client=CHLOE, note=note)
    yield Reads(by=PIOTR, ago=timedelta(hours=19, minutes=30))
    launch = {"Launch.pdf": props.page("Launch of the Northgate web shop", *_STEPS)}
    yield Shares(by=PIOTR, ago=timedelta(hours=19), files=launch)


def _issues() -> Iterator[Act]:
    yield Raises(
        by=CHLOE,
        ago=timedelta(days=13, hours=5),
        kind=IssueKind.ISSUE,
        title=_SLOW,
        body="Up to ten seconds on the train, and the page jumps when they come.",
    )
    yield Judges(by=DARA, ago=timedelta(days=12, hours=6), issue=_SLOW, status=IssueStatus.IN_PROGRESS)
    reason = "Photos are sent in the size of the screen now, and their place is kept free."
    yield Judges(by=DARA, ago=timedelta(days=10, hours=2), issue=_SLOW, status=IssueStatus.DONE, reason=reason)
    yield Raises(
        by=CHLOE,
        ago=timedelta(days=6, hours=4),
        kind=IssueKind.REQUIREMENT,
        title=_WISHES,
        body="Many look on the phone and buy at home.",
    )
    reason = "It would keep what people look at without asking them. With an account it comes after the launch."
    yield Judges(by=PIOTR, ago=timedelta(days=5, hours=3), issue=_WISHES, status=IssueStatus.DECLINED, reason=reason)
    yield Raises(
        by=CHLOE,
        ago=timedelta(days=1, hours=1),
        kind=IssueKind.ISSUE,
        title=_REFUSED,
        body="1050 Bruxelles, for instance: “This is not a postcode.”",
    )
    reason = "Four digits were taken for a typing error."
    yield Judges(by=DARA, ago=timedelta(hours=23), issue=_REFUSED, status=IssueStatus.IN_PROGRESS, reason=reason)
    yield Raises(
        by=CHLOE,
        ago=timedelta(hours=22, minutes=30),
        kind=IssueKind.REQUIREMENT,
        title=_WRAPPING,
        body="A box to tick, and a line for the card.",
    )


def _talk() -> Iterator[Act]:
    yield Says(
        by=CHLOE,
        ago=timedelta(days=1, hours=2),
        body="The checkout works on my phone now, but the postcode is refused for Belgium.",
    )
    yield Says(
        by=DARA,
        ago=timedelta(hours=22),
        body="Found it: four digits were taken for a typing error. The fix is on the staging site.",
    )
