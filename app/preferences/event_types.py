"""The types of what can happen, of which each person chooses how they hear."""

from enum import StrEnum


class EventType(StrEnum):
    ISSUE_CREATED = "issue_created"
    REQUIREMENT_CREATED = "requirement_created"
    MESSAGE_POSTED = "message_posted"
    FILE_UPLOADED = "file_uploaded"
    TASK_COMPLETED = "task_completed"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_DECIDED = "approval_decided"
