"""What people see: login, consent, devices and their own account. No page needs JavaScript."""
