"""What people are given to look at: workbooks and pages."""
