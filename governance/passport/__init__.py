"""Who is asking: access tokens, passports and visas (GA4GH AAI and Passport 1.2.1)."""
