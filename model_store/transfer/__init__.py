"""Downloads bytes to this disk: resumable, checked, with progress. It knows no model and no catalogue."""
