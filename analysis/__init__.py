"""From records to landscapes, comparisons, pictures and reports."""
