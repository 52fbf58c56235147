#include "cmd/parleyd/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/parleyd/options/options.h"
#include "domain/log.h"

bool
key_file_read(const char *option, const char *path, char key[API_KEY_MOST + 1])
{
	FILE *file = fopen(path, "re");
	char line[API_KEY_MOST + 3] = "";
	bool is_read = file != NULL && fgets(line, sizeof(line), file) != NULL;
	struct str text = str_slice(line, strcspn(line, "\r\n"));

	key[0] = '\0';
	if (!is_read && (file == NULL || ferror(file)))
		log_error("%s %s: %s", option, path, strerror(errno));
	else if (!admin_key_is_valid(text))
		log_error("%s %s: the key needs %d to %d visible characters "
			  "of ASCII",
		    option, path, ADMIN_KEY_LEAST, API_KEY_MOST);
	else
		snprintf(key, API_KEY_MOST + 1, "%.*s", (int)text.len, line);
	if (file != NULL)
		fclose(file);
	return key[0] != '\0';
}
