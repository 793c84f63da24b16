"""The story of Harbour House, a house that is renovated: its manager Paula, its developer Deniz, its client Clara."""

from collections.abc import Iterator
from datetime import timedelta

from app.accounts.roles import Role
from app.dev import props
from app.dev.acts import Asks, Decides, Judges, Plans, Prefers, Raises, Reads, Says, Sets, Shares
from app.dev.demo import CLIENT, DEVELOPER, FIRST_PROJECT, MANAGER
from app.dev.stage import Act, Person
from app.issues.statuses import IssueKind, IssueStatus
from app.preferences.schemas import PreferencesChange, QuietHours
from app.tasks.models import Decision, TaskStatus

CLARA = Person(CLIENT, Role.CLIENT, FIRST_PROJECT)
DENIZ = Person(DEVELOPER, Role.DEVELOPER, FIRST_PROJECT)
PAULA = Person(MANAGER, Role.STAFF, FIRST_PROJECT)

_PLAN = "Measure the rooms and draw the floor plan"
_STRIP = "Take up the old floor of the hall"
_HALL = "Lay the tiles of the hall"
_WINDOW = "Repair the kitchen window"
_COLOUR = "Choose the colour of the stairwell"
_KITCHEN = "Lay the tiles of the kitchen"
_WIRING = "Renew the wiring of the bathroom"
_HANDOVER = "Walk through the house and hand it over"

_WATER = "Water comes in under the kitchen window"
_LAMP = "The stair lamp flickers"
_DOOR = "The front door sticks when it rains"
_HEATING = "Underfloor heating in the hall as well"
_SOCKET = "A socket beside the mirror in the hall"

_EVENINGS_OFF = PreferencesChange(time_zone="Europe/Copenhagen", quiet_hours=QuietHours(begin="20:00", end="07:00"))

_MATERIALS = """\
room;material;quantity;unit
Hall;Floor tiles 30 x 60, light grey;14.5;m2
Hall;Grout, cement grey;12;kg
Kitchen;Floor tiles 30 x 60, sand;18;m2
Kitchen;Oak window sill;1;piece
Stairwell;Wall paint, warm white;20;l
"""
_SCHEDULE = (
    "Weeks 1 and 2: survey, floor plan, the old floor of the hall",
    "Weeks 3 and 4: tiles of the hall, kitchen window",
    "Week 5: tiles of the kitchen, stairwell",
    "Weeks 6 and 7: wiring and fittings of the bathroom",
    "Week 8: cleaning, a walk through the house, the keys",
    "",
    "Working hours: Monday to Friday, 8:00 to 16:30. Nobody works on the day of the harbour feast.",
)


def acts() -> Iterator[Act]:
    yield Prefers(by=DENIZ, ago=timedelta(days=25), change=_EVENINGS_OFF)
    yield Prefers(by=CLARA, ago=timedelta(days=25), change=PreferencesChange(time_zone="Europe/Copenhagen"))
    yield from _plans()
    yield from _work()
    yield from _issues()
    yield from _talk()


def _plans() -> Iterator[Act]:
    planned = (
        (_PLAN, "All rooms of the ground floor, with doors and windows.", -18, DENIZ),
        (_STRIP, "Down to the screed. The old boards go to the salvage yard.", -9, DENIZ),
        (_HALL, "Light grey, in a half bond, with grey grout as in the sample.", -2, DENIZ),
        (_WINDOW, "A new seal and an oak sill; the frame stays.", -3, DENIZ),
        (_COLOUR, "Two coats on the walls, the ceiling stays white.", 4, PAULA),
        (_KITCHEN, "Sand-coloured, laid straight, starting at the window.", 9, DENIZ),
        (_WIRING, "New circuits for light, mirror and towel dryer.", 16, None),
        (_HANDOVER, "With a list of what is still to be mended.", 30, PAULA),
    )
    for number, (title, description, due, assignee) in enumerate(planned):
        ago = timedelta(days=24, hours=6, minutes=-3 * number)
        yield Plans(by=PAULA, ago=ago, title=title, description=description, due=due, assignee=assignee)


def _work() -> Iterator[Act]:
    yield Shares(
        by=PAULA, ago=timedelta(days=24, hours=5), files={"Schedule.pdf": props.page("Harbour House", *_SCHEDULE)}
    )
    yield Sets(by=DENIZ, ago=timedelta(days=22), task=_PLAN, status=TaskStatus.IN_PROGRESS)
    plan = {"floor-plan.png": props.floor_plan()}
    note = "The door of the study opens to the right now. Is everything where you want it?"
    yield Asks(by=DENIZ, ago=timedelta(days=19, hours=3), task=_PLAN, client=CLARA, note=note, files=plan)
    comment = "Exactly as we discussed it."
    yield Decides(by=CLARA, ago=timedelta(days=18, hours=22), task=_PLAN, decision=Decision.APPROVED, comment=comment)
    yield Sets(by=DENIZ, ago=timedelta(days=18, hours=20), task=_PLAN, status=TaskStatus.DONE)
    yield Sets(by=DENIZ, ago=timedelta(days=12, hours=2), task=_STRIP, status=TaskStatus.IN_PROGRESS)
    yield Sets(by=DENIZ, ago=timedelta(days=9, hours=1), task=_STRIP, status=TaskStatus.DONE)
    yield Shares(by=DENIZ, ago=timedelta(days=8, hours=6), files={"materials.csv": _MATERIALS.encode()})
    note = "A cool grey on all walls, as on the card I left on the stairs."
    yield Asks(by=DENIZ, ago=timedelta(days=5, hours=4), task=_COLOUR, client=CLARA, note=note)
    comment = "A little warmer, please: in the evening light the sample looks blue."
    yield Decides(
        by=CLARA, ago=timedelta(days=4, hours=21), task=_COLOUR, decision=Decision.CHANGES_REQUESTED, comment=comment
    )
    yield Sets(by=DENIZ, ago=timedelta(days=3, hours=2), task=_HALL, status=TaskStatus.IN_PROGRESS)
    yield Sets(by=DENIZ, ago=timedelta(hours=20, minutes=10), task=_HALL, status=TaskStatus.DONE)
    yield Reads(by=PAULA, ago=timedelta(hours=7))
    # He is there as Clara asks for the socket: no e-mail of that.
    yield Reads(by=DENIZ, ago=timedelta(hours=5, minutes=59))
    yield Sets(by=DENIZ, ago=timedelta(hours=5), task=_WINDOW, status=TaskStatus.IN_PROGRESS)
    note = "The joiner has the oak ready. With your word he cuts it tomorrow."
    yield Asks(by=DENIZ, ago=timedelta(hours=3), task=_WINDOW, client=CLARA, note=note)


def _issues() -> Iterator[Act]:
    yield Raises(
        by=CLARA,
        ago=timedelta(days=15, hours=2),
        kind=IssueKind.ISSUE,
        title=_LAMP,
        body="The one on the first landing, mostly in the morning.",
    )
    yield Judges(by=DENIZ, ago=timedelta(days=14, hours=23), issue=_LAMP, status=IssueStatus.IN_PROGRESS)
    reason = "A loose wire in the switch. I have looked at the others too."
    yield Judges(by=DENIZ, ago=timedelta(days=14, hours=4), issue=_LAMP, status=IssueStatus.DONE, reason=reason)
    yield Raises(
        by=CLARA,
        ago=timedelta(days=11, hours=6),
        kind=IssueKind.ISSUE,
        title=_DOOR,
        body="One has to lift it a little to get it closed.",
    )
    yield Judges(
        by=DENIZ, ago=timedelta(days=9, hours=3), issue=_DOOR, status=IssueStatus.DONE, reason="Hinges set anew."
    )
    reason = "It sticks again since the weekend: the wood swells. I plane it as soon as it is dry."
    yield Judges(by=DENIZ, ago=timedelta(days=4, hours=1), issue=_DOOR, status=IssueStatus.OPEN, reason=reason)
    yield Raises(
        by=CLARA,
        ago=timedelta(days=7, hours=5),
        kind=IssueKind.ISSUE,
        title=_WATER,
        body="Only when the wind is from the west. There is a small pool on the sill in the morning.",
        files={"window.png": props.window()},
    )
    reason = "A joiner has seen it: the seal is gone, the sill with it."
    yield Judges(by=DENIZ, ago=timedelta(days=6, hours=2), issue=_WATER, status=IssueStatus.IN_PROGRESS, reason=reason)
    yield Raises(
        by=CLARA,
        ago=timedelta(days=6, hours=1),
        kind=IssueKind.REQUIREMENT,
        title=_HEATING,
        body="If the floor is open anyway: could the hall be heated like the bathroom?",
    )
    reason = "The screed is too thin for it, a new one takes three weeks. A heated mat at the wardrobe is possible."
    yield Judges(by=PAULA, ago=timedelta(days=5, hours=6), issue=_HEATING, status=IssueStatus.DECLINED, reason=reason)
    yield Raises(
        by=CLARA,
        ago=timedelta(hours=6),
        kind=IssueKind.REQUIREMENT,
        title=_SOCKET,
        body="At the height of the light switch, for a small lamp.",
    )


def _talk() -> Iterator[Act]:
    yield Says(by=CLARA, ago=timedelta(days=2, hours=5), body="Good morning! Have the floor tiles arrived?")
    yield Says(
        by=DENIZ,
        ago=timedelta(days=2, hours=4),
        body="Good morning Clara. Yes, yesterday afternoon: two boxes are chipped, the supplier exchanges them.",
    )
    yield Says(
        by=PAULA,
        ago=timedelta(days=2, hours=3),
        body="The exchange costs nothing and no time: we begin with the hall anyway.",
    )
    # So soon that she gets no e-mail of what she answers.
    thanks = timedelta(days=2, hours=2, minutes=58, seconds=40)
    yield Says(by=CLARA, ago=thanks, body="Perfect, thank you both.")
    yield Says(
        by=DENIZ,
        ago=timedelta(hours=20),
        body="The hall is done. Grey grout as in the sample:",
        files={"hall.png": props.tiles()},
    )
    yield Says(by=CLARA, ago=timedelta(minutes=50), body="It looks wonderful!")
    yield Says(
        by=CLARA,
        ago=timedelta(minutes=49),
        body="One question: could we see the kitchen tiles in daylight before they are laid?",
    )
