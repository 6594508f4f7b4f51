"""From files to a released dataset: plan, decode in parts, merge, switch."""
