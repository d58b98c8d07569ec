"""WARC 1.1 (ISO 28500:2017): drafts of records, the writer, the reader and the mending of a killed run's file."""
