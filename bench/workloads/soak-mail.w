# Deliveries with a breath between them.
protocol lmtp
[setup]
connect
< 220
> LHLO bench.example.net
< 250
[loop]
pause 20
user
> MAIL FROM:<sender@example.net>
> RCPT TO:<{address}>
> DATA
< 250
< 250
< 354
> {message}.
< 250
