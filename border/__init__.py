"""The border relay 边界中继: between the internet and 政务外网 it lets telephones through to `/m` and `/t`.

It knows `core` alone: no database, no Redis, no register stands where strangers can reach it.
"""
