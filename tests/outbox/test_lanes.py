"""How many e-mails one process sends at the same time."""

from tests.outbox.letters import letters
from tests.outbox.post_office import PostOffice
from tests.running import running, until
from tests.smtp import Act, SmtpServer, Step


async def test_as_many_connections_are_busy_as_the_setting_says(office: PostOffice, server: SmtpServer):
    server.always(Step.END, Act.HANG)
    await letters(office.world, 5)
    settings = office.world.settings(mail_worker=True, mail_lanes=3, smtp_url=server.url())
    async with running(settings):
        await until(lambda: len(server.received) == 3)
    assert server.connections == 3
