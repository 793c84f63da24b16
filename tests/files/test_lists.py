"""Who sees which files where: shared ones in lists, drafts nowhere but with their uploader."""

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from tests.files.people import PDF, Desk


async def test_lists_show_what_is_shared_newest_first_in_pages(desk: Desk):
    for number in range(5):
        await desk.has("client", name=f"{number}.pdf")
    await desk.has("client", name="draft.pdf", draft=True)
    assert await desk.names("dev") == ["4.pdf", "3.pdf", "2.pdf", "1.pdf", "0.pdf"]
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = (
            await desk.as_person("client").get(
                f"/api/projects/{FIRST_PROJECT}/files", params={"limit": 2, "cursor": cursor}
            )
        ).json()
        found += [each["name"] for each in answer["items"]]
        cursor = answer["next_cursor"]
    assert found == ["4.pdf", "3.pdf", "2.pdf", "1.pdf", "0.pdf"]


async def test_a_project_lists_rooms_in_reach_and_may_be_asked_for_one(desk: Desk):
    await desk.has("client")
    address = f"/api/projects/{FIRST_PROJECT}/files"
    one = await desk.as_person("dev").get(address, params={"room_id": desk.room})
    assert len(one.json()["items"]) == 1
    other = await desk.as_person("admin").get(f"/api/projects/{SECOND_PROJECT}/files", params={"room_id": desk.room})
    assert other.json() == {"items": [], "next_cursor": None}
    assert (await desk.as_person("dev2").get(address)).status_code == 404
    assert (await desk.as_person("dev2").get(desk.address)).status_code == 404


async def test_a_draft_is_its_uploaders_alone_and_can_be_thrown_away(desk: Desk):
    draft = await desk.has("client", draft=True)
    address = f"/api/files/{draft['id']}"
    assert (await desk.get("client", draft)).content == PDF
    for person in ("dev", "admin", "client2"):
        assert (await desk.get(person, draft, "/meta")).status_code == 404
        assert (await desk.as_person(person).delete(address)).status_code == 404
    assert (await desk.as_person("client").delete(address)).status_code == 204
    assert (await desk.get("client", draft)).status_code == 404
    assert (desk.stored(), await desk.room_size()) == ([], 0)


async def test_what_is_shared_stays(desk: Desk):
    file = await desk.has("client")
    for person in ("client", "dev"):
        answer = await desk.as_person(person).delete(f"/api/files/{file['id']}")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/file-shared")
    assert (await desk.get("dev", file)).status_code == 200
