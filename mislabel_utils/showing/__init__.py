"""What a page shows: claims, tables, statistics, figures."""
