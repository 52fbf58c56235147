/* Answers of hooks to questions: what is read is within the answer. */
#include <stdlib.h>

#include "domain/text/utf8.h"
#include "wire/hooks/hook_question.h"
#include "wire/json/json_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str json = str_slice((const char *)data, size);
	struct hook_decision decision;

	if (hook_read_decision(json, &decision) != NULL)
		return 0;
	if (strnlen(decision.text, sizeof(decision.text)) > HOOK_REASON_MOST ||
	    !utf8_is_valid(str_from(decision.text)))
		abort();
	if (decision.message.data != NULL &&
	    (decision.message.data < json.data ||
		decision.message.data + decision.message.len >
		    json.data + json.len ||
		!json_is_value(decision.message, 64, NULL)))
		abort();
	return 0;
}
