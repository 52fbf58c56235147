#include "cmd/parleyd/options/broker_password.h"

#include <stdio.h>
#include <string.h>

bool
broker_password_read(struct broker_options *options)
{
	FILE *file;
	bool ok;

	if (options->password_file[0] == '\0')
		return true;
	file = fopen(options->password_file, "re");
	ok = file != NULL &&
	     fgets(options->password, sizeof(options->password), file) != NULL;
	if (file != NULL)
		fclose(file);
	options->password[strcspn(options->password, "\r\n")] = '\0';
	return ok;
}
