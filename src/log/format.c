/* Encodes and decodes the parts of a segment file. Everything is big-endian; every part says whether it is whole. */
#include "log/format.h"
#include "log/hash.h"

static const char segment_magic[8] = {'B', 'A', 'R', 'I', 'D', 'L', 'O', 'G'};
static const char record_magic[4] = {(char)0xb5, 'R', 'e', 'c'};

static char *put16(char *p, uint16_t v)
{
	p[0] = (char)(v >> 8);
	p[1] = (char)v;
	return p + 2;
}

static char *put32(char *p, uint32_t v)
{
	return put16(put16(p, (uint16_t)(v >> 16)), (uint16_t)v);
}

static char *put64(char *p, uint64_t v)
{
	return put32(put32(p, (uint32_t)(v >> 32)), (uint32_t)v);
}

static char *put_pos(char *p, struct log_pos pos)
{
	return put32(put32(p, pos.segment), pos.offset);
}

static uint16_t get16(const char *p)
{
	return (uint16_t)((unsigned char)p[0] << 8 | (unsigned char)p[1]);
}

static uint32_t get32(const char *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint64_t get64(const char *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static struct log_pos get_pos(const char *p)
{
	return (struct log_pos){get32(p), get32(p + 4)};
}

void segment_header_put(struct segment_header *h, char dst[SEGMENT_START])
{
	char *p = dst;

	memset(dst, 0, SEGMENT_START);
	memcpy(p, segment_magic, sizeof segment_magic);
	p = put16(p + sizeof segment_magic, h->version);
	p = put16(p, 0);
	p = put32(p, h->number);
	p = put64(p, h->generation);
	p = put64(p, h->previous_generation);
	p = put_pos(p, h->cut);
	p = put_pos(p, h->durable);
	p = put64(p, h->group);
	h->sum = XXH3_64bits(dst, SEGMENT_HEADER_SIZE - 8);
	put64(p, h->sum);
	memcpy(dst + SEGMENT_HEADER_COPY, dst, SEGMENT_HEADER_SIZE);
}

static bool header_at(struct span bytes, size_t at, struct segment_header *out)
{
	const char *p;

	if (bytes.n < at + SEGMENT_HEADER_SIZE)
		return false;
	p = bytes.p + at;
	if (memcmp(p, segment_magic, sizeof segment_magic) != 0 ||
		get64(p + 56) != XXH3_64bits(p, SEGMENT_HEADER_SIZE - 8))
		return false;
	*out = (struct segment_header){
		.version = get16(p + 8),
		.number = get32(p + 12),
		.generation = get64(p + 16),
		.previous_generation = get64(p + 24),
		.cut = get_pos(p + 32),
		.durable = get_pos(p + 40),
		.group = get64(p + 48),
		.sum = get64(p + 56),
	};
	return true;
}

bool segment_header_get(struct span bytes, struct segment_header *out)
{
	return header_at(bytes, 0, out) || header_at(bytes, SEGMENT_HEADER_COPY, out);
}

static uint64_t header_sum(const char *p, uint64_t generation, struct log_pos pos)
{
	uint64_t place = (uint64_t)pos.segment << 32 | pos.offset;

	/* an odd constant spreads neighbouring places over the whole seed */
	return XXH3_64bits_withSeed(p, RECORD_HEADER_SIZE - 8, generation ^ place * 0x9e3779b97f4a7c15u);
}

void record_header_put(struct record_header *h, uint64_t generation, struct log_pos pos, char dst[RECORD_HEADER_SIZE])
{
	char *p = dst;

	memcpy(p, record_magic, sizeof record_magic);
	p += sizeof record_magic;
	*p++ = (char)h->version;
	*p++ = (char)h->type;
	p = put16(p, h->flags);
	p = put32(p, h->length);
	p = put32(p, 0);
	p = put64(p, h->payload_sum);
	h->header_sum = header_sum(dst, generation, pos);
	put64(p, h->header_sum);
}

bool record_magic_at(const char *p)
{
	return memcmp(p, record_magic, sizeof record_magic) == 0;
}

bool record_header_get(const char *src, uint64_t generation, struct log_pos pos, struct record_header *out)
{
	if (!record_magic_at(src) || get64(src + 24) != header_sum(src, generation, pos))
		return false;
	*out = (struct record_header){
		.version = (uint8_t)src[4],
		.type = (uint8_t)src[5],
		.flags = get16(src + 6),
		.length = get32(src + 8),
		.payload_sum = get64(src + 16),
		.header_sum = get64(src + 24),
	};
	return true;
}

uint64_t record_payload_sum(const struct span *parts, size_t count)
{
	XXH3_state_t *state;
	uint64_t sum;

	if (count == 1)
		return XXH3_64bits(parts->p, parts->n);
	state = XXH3_createState(); /* its size is the library's secret */
	if (!state)
		abort();
	XXH3_64bits_reset(state);
	for (size_t i = 0; i < count; i++)
		if (parts[i].n)
			XXH3_64bits_update(state, parts[i].p, parts[i].n);
	sum = XXH3_64bits_digest(state);
	XXH3_freeState(state);
	return sum;
}

uint64_t chain_add(uint64_t chain, uint64_t sum)
{
	char both[16];

	put64(put64(both, chain), sum);
	return XXH3_64bits(both, sizeof both);
}

void group_end_put(const struct group_end *g, struct log_pos pos, struct record_header *h, char dst[GROUP_END_SIZE])
{
	char *p = dst + RECORD_HEADER_SIZE;
	struct span payload = span(p, GROUP_END_PAYLOAD);

	memset(p, 0, GROUP_END_PAYLOAD);
	p = put64(p, g->generation);
	p = put64(p, g->previous_generation);
	p = put64(p, g->number);
	p = put_pos(p, g->start);
	p = put_pos(p, g->durable);
	p = put_pos(p, g->cut);
	p = put64(p, g->chain);
	put32(p, g->count);
	*h = (struct record_header){.version = FORMAT_VERSION,
		.type = RECORD_GROUP_END,
		.length = GROUP_END_PAYLOAD,
		.payload_sum = record_payload_sum(&payload, 1)};
	record_header_put(h, g->generation, pos, dst);
}

bool group_end_get(struct span payload, struct group_end *out)
{
	const char *p = payload.p;

	if (payload.n != GROUP_END_PAYLOAD)
		return false;
	*out = (struct group_end){
		.generation = get64(p),
		.previous_generation = get64(p + 8),
		.number = get64(p + 16),
		.start = get_pos(p + 24),
		.durable = get_pos(p + 32),
		.cut = get_pos(p + 40),
		.chain = get64(p + 48),
		.count = get32(p + 56),
	};
	return true;
}

void segment_end_put(uint32_t footer, char dst[SEGMENT_END_PAYLOAD])
{
	put32(put32(dst, footer), 0);
}

bool segment_end_get(struct span payload, uint32_t *footer_out)
{
	if (payload.n != SEGMENT_END_PAYLOAD)
		return false;
	*footer_out = get32(payload.p);
	return true;
}

void segment_name(uint32_t number, char dst[SEGMENT_NAME_SIZE])
{
	snprintf(dst, SEGMENT_NAME_SIZE, "%010u.log", (unsigned)number);
}

bool segment_name_parse(const char *name, uint32_t *number_out)
{
	struct span s = span_of(name);
	uint32_t number;

	if (s.n != 14 || !span_ends(s, SPAN(".log")) || !span_u32(span_first(s, 10), &number) || !number)
		return false;
	*number_out = number;
	return true;
}
