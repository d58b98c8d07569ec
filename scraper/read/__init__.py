"""Reading a page: one parse gives the article, what the page needs to be seen, its links and signals."""
