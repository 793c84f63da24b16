"""Files of rooms: uploaded, shown, downloaded, and attached to what other features have."""
