"""The collection as Parquet: captures in the columns of Common Crawl's columnar index, and articles."""
