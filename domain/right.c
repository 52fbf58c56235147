#include "domain/right.h"

#include <assert.h>

#include "domain/base/count_of.h"

static const struct {
	struct str word;
	unsigned right;
	unsigned besides;
} words[] = {
#define X(constant, bit, word, besides) \
	{ { word, sizeof(word) - 1 }, constant, besides },
	RIGHTS(X)
#undef X
};

static_assert(COUNT_OF(words) <= RIGHTS_BITS, "a set holds all rights");

unsigned
rights_of_word(struct str word)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_equal(words[i].word, word))
			return words[i].right | words[i].besides |
			       RIGHT_CONNECT;
	return 0;
}

struct str
right_word(unsigned rights)
{
	size_t i = 0;

	assert(rights != 0);
	while ((words[i].right & rights) == 0) {
		i++;
		assert(i < COUNT_OF(words));
	}
	return words[i].word;
}
