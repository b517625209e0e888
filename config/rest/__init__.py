"""What spans contexts on the REST surface: the API's own description, the audit, the event logs, the test clock."""
