# RFC 5161 §3.2: ENABLED names what this command has enabled; what is unknown, or stands twice, is no error
@imap login
@needs UTF8=ACCEPT
C: a ENABLE X-WEATHER utf8=accept UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: a OK ...
