"""Pages: the report, the comparison before and after, the audit."""
