# RFC 5161 §3.1: ENABLE of what the server does not know is no error
@imap login
C: a ENABLE X-WEATHER
S?: * ENABLED
S: a OK ...
