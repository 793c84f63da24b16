"""Kinds and statuses of issues, and which status can follow which."""

from enum import StrEnum


class IssueKind(StrEnum):
    ISSUE = "issue"
    REQUIREMENT = "requirement"


class IssueStatus(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DECLINED = "declined"


FOLLOWED_BY: dict[IssueStatus, frozenset[IssueStatus]] = {
    IssueStatus.OPEN: frozenset({IssueStatus.IN_PROGRESS, IssueStatus.DONE, IssueStatus.DECLINED}),
    IssueStatus.IN_PROGRESS: frozenset({IssueStatus.OPEN, IssueStatus.DONE, IssueStatus.DECLINED}),
    IssueStatus.DONE: frozenset({IssueStatus.OPEN, IssueStatus.IN_PROGRESS}),
    IssueStatus.DECLINED: frozenset({IssueStatus.OPEN}),
}
"""What an issue of each status can become."""

NEED_A_REASON = frozenset({IssueStatus.DECLINED})
"""What an issue does not become without a word why."""
