# A mail server that keeps its connection: one delivery after another, each to the next account.
protocol lmtp
[setup]
user
connect
< 220
> LHLO bench.example.net
< 250
[loop]
user
> MAIL FROM:<sender@example.net>
> RCPT TO:<{address}>
> DATA
< 250
< 250
< 354
> {message}.
< 250
