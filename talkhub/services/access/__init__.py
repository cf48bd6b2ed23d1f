"""Who comes in: passwords, second factors, browsers, keys, tokens, applications."""
