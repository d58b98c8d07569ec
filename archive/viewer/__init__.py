"""The library in the browser: what is kept, to be found, read and compared. Needs the extra `viewer`."""
