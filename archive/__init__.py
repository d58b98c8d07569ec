"""What is kept: the text format, the WARC files and everything derived from them. Never imports `scraper`."""
