"""How many requests a principal may send: named policies as `<requests>/<seconds>`.

`shop` and `admin` are per principal, `anonymous` per client address, `key` per API key on the customers' surface,
`auth` per client address on login and the like.
"""

STRICT = {
    "anonymous": "120/60",
    "shop": "300/60",
    "key": "3000/60",
    "admin": "1200/60",
    "auth": "20/60",
}

# Development and tests: a person or a test suite behind one address is not an attack.
GENEROUS = {
    "anonymous": "60000/60",
    "shop": "60000/60",
    "key": "120000/60",
    "admin": "120000/60",
    "auth": "6000/60",
}
