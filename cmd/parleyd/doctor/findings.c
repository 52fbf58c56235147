#include "cmd/parleyd/doctor/findings.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json/json_writer.h"

static const char *const severity_words[] = {
	[FINDING_OK] = "ok",
	[FINDING_WARNING] = "warning",
	[FINDING_ERROR] = "error",
};

void
findings_fini(struct findings *findings)
{
	free(findings->at);
}

void
finding_add(struct findings *findings, enum finding_severity severity,
    const char *format, ...)
{
	size_t size = (findings->count + 1) * sizeof(*findings->at);
	struct finding *longer = realloc(findings->at, size);
	struct finding *finding;
	va_list args;

	if (longer == NULL)
		abort();
	findings->at = longer;
	finding = &longer[findings->count++];
	finding->severity = severity;
	finding->check = findings->check;
	finding->remedy[0] = '\0';
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

void
finding_set_remedy(struct findings *findings, const char *format, ...)
{
	struct finding *last;
	va_list args;

	assert(findings->count > 0);
	last = &findings->at[findings->count - 1];
	va_start(args, format);
	vsnprintf(last->remedy, sizeof(last->remedy), format, args);
	va_end(args);
}

enum finding_severity
findings_worst(const struct findings *findings)
{
	enum finding_severity worst = FINDING_OK;

	for (size_t i = 0; i < findings->count; i++)
		if (findings->at[i].severity > worst)
			worst = findings->at[i].severity;
	return worst;
}

static size_t
findings_count(const struct findings *findings, enum finding_severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->at[i].severity == severity;
	return count;
}

void
findings_print(const struct findings *findings, FILE *out)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *at = &findings->at[i];

		fprintf(out, "%-8s %s: %s\n", severity_words[at->severity],
		    at->check, at->text);
		if (at->remedy[0] != '\0')
			fprintf(out, "         -> %s\n", at->remedy);
	}
	fprintf(out, "errors: %zu, warnings: %zu\n",
	    findings_count(findings, FINDING_ERROR),
	    findings_count(findings, FINDING_WARNING));
}

static void
json_put_field(struct wire_text *json, const char *name, const char *value)
{
	json_put_string(json, str_from(name));
	wire_text_append(json, STR(":"));
	json_put_string(json, str_from(value));
}

void
findings_print_json(const struct findings *findings, FILE *out)
{
	struct wire_text json = { 0 };

	wire_text_append(&json, STR("{"));
	json_put_field(&json, "severity",
	    severity_words[findings_worst(findings)]);
	wire_text_append(&json, STR(",\"findings\":["));
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *at = &findings->at[i];

		wire_text_append(&json, i == 0 ? STR("{") : STR(",{"));
		json_put_field(&json, "check", at->check);
		wire_text_append(&json, STR(","));
		json_put_field(&json, "severity", severity_words[at->severity]);
		wire_text_append(&json, STR(","));
		json_put_field(&json, "text", at->text);
		wire_text_append(&json, STR(","));
		json_put_field(&json, "remedy", at->remedy);
		wire_text_append(&json, STR("}"));
	}
	wire_text_append(&json, STR("]}\n"));
	if (!json.failed)
		fwrite(json.data, 1, json.len, out);
	wire_text_fini(&json);
}
