#include "persistence/memory/membership_index.h"

#include <stdlib.h>

static struct str
person_key(const void *person)
{
	return person_id(person);
}

void
membership_index_init(struct id_map *persons)
{
	id_map_init(persons, person_key);
}

struct person *
membership_index_find(const struct id_map *persons, struct str id)
{
	return id_map_find(persons, id);
}

struct person *
membership_index_need(struct id_map *persons, struct str id, bool guest)
{
	struct person *person = membership_index_find(persons, id);

	if (person != NULL)
		return person;
	person = malloc(sizeof(*person) + id.len);
	if (person == NULL)
		return NULL;
	*person =
	    (struct person){ .id_len = (uint8_t)id.len, .is_guest = guest };
	memcpy(person->id, id.data, id.len);
	if (id_map_put(persons, person))
		return person;
	free(person);
	return NULL;
}

void
membership_index_release(struct id_map *persons, struct person *person)
{
	if (person->count > 0)
		return;
	id_map_remove(persons, person_id(person));
	free(person);
}
