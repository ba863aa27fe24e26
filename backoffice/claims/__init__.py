"""Claims of dealers: invoices are read, judged by a campaign's terms, and the importer's share is paid."""
