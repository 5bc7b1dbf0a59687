"""What people are given to look at: workbooks and pages, in English and Chinese."""
