"""Private chat: messages, read marks, typing and presence in the rooms of projects."""
