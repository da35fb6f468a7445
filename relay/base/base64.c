/* The base64 functions of sign.h: RFC 4648, section 4. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *
base64_encode(const void *data, size_t len)
{
	const unsigned char *in = data;
	char *text = mem_array(len / 3 + 2, 4);
	char *out = text;

	for (; len >= 3; in += 3, len -= 3) {
		*out++ = alphabet[in[0] >> 2];
		*out++ = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
		*out++ = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
		*out++ = alphabet[in[2] & 63];
	}
	if (len > 0) {
		unsigned second = len == 2 ? in[1] : 0;

		*out++ = alphabet[in[0] >> 2];
		*out++ = alphabet[(in[0] & 3u) << 4 | second >> 4];
		*out++ = len == 2 ? alphabet[(second & 15) << 2] : '=';
		*out++ = '=';
	}
	*out = '\0';
	return text;
}

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The length without padding; SIZE_MAX when the padding is not as it should be. */
static size_t
length_without_padding(const char *text)
{
	size_t len = strlen(text);
	size_t bare = len;

	while (bare > 0 && len - bare < 2 && text[bare - 1] == '=')
		bare--;
	if ((bare != len && len % 4 != 0) || bare % 4 == 1)
		return (size_t)-1;
	return bare;
}

unsigned char *
base64_decode(const char *text, size_t *len)
{
	size_t bare = length_without_padding(text);
	unsigned bits = 0;
	size_t used = 0;

	if (bare == (size_t)-1)
		return NULL;

	unsigned char *out = mem_alloc(bare / 4 * 3 + 3);
	for (size_t i = 0; i < bare; i++) {
		int value = value_of(text[i]);

		if (value < 0)
			goto malformed;
		bits = bits << 6 | (unsigned)value;
		if (i % 4 != 0)
			out[used++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	/* Bits left over must be zero, so that each text is the only one of its bytes. */
	if ((bare % 4 == 2 && (bits & 15) != 0) || (bare % 4 == 3 && (bits & 3) != 0))
		goto malformed;
	*len = used;
	return out;

malformed:
	mem_wipe_free(out, used);
	return NULL;
}
