"""What an e-mail says, to whom it still may go, and how to stop it."""
