/* Makes messages. Must not read a clock or a random source: a message is a function of its number and size. */
#include "message.h"

static const char *const people[] = {"Amina Haddad", "Jonas Berg", "Li Wei", "Maria Rossi", "Omar Farouk", "Sofia Lund",
	"Yusuf Demir", "Clara Weiss"};
static const char *const subjects[] = {"Minutes of the meeting", "Re: delivery of the parts", "Your order",
	"Fwd: photographs", "Holiday dates", "Re: Re: question about the contract", "Weekly report"};
#define TEXT_LINE "the quick brown fox jumps over the lazy dog and runs on to the next field\r\n"
#define HTML_LINE "<p>the quick brown fox <b>jumps</b> over the lazy dog &amp; runs on</p>\r\n"

static void add_headers(struct buf *b, uint64_t number)
{
	unsigned from = (unsigned)(number % ARRAY_LEN(people)), to = (unsigned)(number / 3 % ARRAY_LEN(people));
	const char *subject =
		number % MESSAGE_SUBJECT == 7 ? "The budget of the year" : subjects[number % ARRAY_LEN(subjects)];
	unsigned day = (unsigned)(number % 28) + 1, hour = (unsigned)(number / 28 % 24),
		 minute = (unsigned)(number % 60);
	buf_addf(b,
		"Received: from mx%u.example.net (mx%u.example.net [192.0.2.%u])\r\n\tby relay.example.org with ESMTPS "
		"id %08X\r\n"
		"\tfor <someone@example.org>; Mon, %u Jan 2024 %02u:%02u:30 +0000\r\n",
		from, from, from + 10, (unsigned)number, day, hour, minute);
	buf_addf(b, "From: %s <person%u@example.net>\r\nTo: %s <someone@example.org>, team%u@example.org\r\n",
		people[from], from, people[to], to);
	buf_addf(b, "Subject: %s (%llu)\r\nDate: Mon, %u Jan 2024 %02u:%02u:00 +0000\r\n", subject,
		(unsigned long long)number, day, hour, minute);
	buf_addf(b, "Message-ID: <%016llx@bench.example.net>\r\nIn-Reply-To: <%016llx@bench.example.net>\r\n",
		(unsigned long long)number, (unsigned long long)number / 2);
	buf_addf(b, "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"part-%llu\"\r\n\r\n",
		(unsigned long long)number);
}

static void add_lines(struct buf *b, struct span one, size_t until)
{
	while (b->n + one.n < until)
		buf_add(b, one);
}

void message_add(struct buf *b, uint64_t number, size_t size)
{
	size_t start = b->n;
	add_headers(b, number);
	buf_addf(b, "--part-%llu\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n",
		(unsigned long long)number);
	if (number % MESSAGE_RARE == 13)
		buf_add_lit(b, "A beetle that eats wood is a xylophage, which few people know.\r\n");
	add_lines(b, SPAN(TEXT_LINE), start + size / 2);
	buf_addf(b,
		"--part-%llu\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: "
		"7bit\r\n\r\n<html><body>\r\n",
		(unsigned long long)number);
	add_lines(b, SPAN(HTML_LINE), start + size - 50);
	buf_addf(b, "</body></html>\r\n--part-%llu--\r\n", (unsigned long long)number);
}

/* The message says its number itself. */
static bool number_of(struct span text, uint64_t *out)
{
	struct span id = SPAN("\r\nMessage-ID: <");
	size_t at = span_find(text, id);
	char digits[17] = "", *end;

	if (at == SIZE_MAX || text.n - at - id.n < 16)
		return false;
	memcpy(digits, text.p + at + id.n, 16);
	*out = strtoull(digits, &end, 16);
	return end == digits + 16;
}

bool message_is_ours(struct span text, size_t size)
{
	struct buf whole CLEANUP(buf_fini);
	uint64_t number;
	size_t start;

	buf_init(&whole, MESSAGE_SIZE_MAX);
	if (!number_of(text, &number))
		return false;
	message_add(&whole, number, size);
	if (!span_ends(text, buf_span(&whole)))
		return false;
	start = text.n - whole.n; /* what is before ends its last line, and holds no empty one */
	return !start || (span_ends(span_first(text, start), SPAN("\r\n")) &&
				 span_find(span_first(text, start), SPAN("\r\n\r\n")) == SIZE_MAX);
}
