#include "tests/persistence/crash/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/failing_malloc.h"

static void *
model_array_grow(void *array, size_t size)
{
	malloc_spare(true);
	array = realloc(array, size);
	malloc_spare(false);
	if (array == NULL)
		abort();
	return array;
}

/* A copy of the present one, to be changed. */
static struct state *
state_push(struct model *model, uint64_t lsn)
{
	struct state *state;

	if (model->count == model->room) {
		model->room = model->room == 0 ? 256 : 2 * model->room;
		model->states = model_array_grow(model->states,
		    model->room * sizeof(model->states[0]));
	}
	state = &model->states[model->count];
	if (model->count > 0)
		*state = model->states[model->now];
	else
		memset(state, 0, sizeof(*state));
	state->before = model->now;
	state->lsn = lsn;
	model->now = model->count++;
	return state;
}

void
model_init(struct model *model)
{
	*model = (struct model){ 0 };
	state_push(model, 0);
}

void
model_fini(struct model *model)
{
	for (unsigned i = 0; i < model->generation_count; i++)
		free(model->generations[i]);
	free(model->generations);
	free(model->states);
}

const struct print *
model_room(const struct model *model, unsigned place)
{
	return &model->states[model->now].rooms[place];
}

unsigned
model_next_message(struct model *model)
{
	return ++model->messages;
}

unsigned
model_next_generation(struct model *model)
{
	model->generations = model_array_grow(model->generations,
	    (model->generation_count + 1) * sizeof(model->generations[0]));
	model->generations[model->generation_count] =
	    model_array_grow(NULL, sizeof(*model->generations[0]));
	return ++model->generation_count;
}

void
model_make_room(struct model *model, unsigned place, unsigned generation,
    const char *epoch, uint64_t lsn)
{
	strcpy(model->generations[generation - 1]->epoch, epoch);
	state_push(model, lsn)->rooms[place] =
	    (struct print){ .generation = generation };
}

void
model_remove_room(struct model *model, unsigned place, uint64_t lsn)
{
	state_push(model, lsn)->rooms[place] = (struct print){ 0 };
}

void
model_message_write(struct model *model, unsigned place, unsigned n,
    uint64_t lsn)
{
	struct print *print = &state_push(model, lsn)->rooms[place];
	unsigned *numbers = model->generations[print->generation - 1]->numbers;

	assert(print->generation > 0 && print->last + 1 < SEQ_MOST);
	numbers[++print->last] = n;
	print->hash += print_of(n, print->last);
	print->messages[print->last % KEPT] = (struct message_marks){ 0 };
	if (print->last > KEPT)
		print->hash -=
		    print_of(numbers[print->last - KEPT], print->last - KEPT);
}

void
model_set_mark(struct model *model, unsigned place, uint64_t seq, unsigned mark,
    unsigned n, uint64_t lsn)
{
	struct print *print = &state_push(model, lsn)->rooms[place];
	struct message_marks *message = &print->messages[seq % KEPT];

	if (seq == 0) {
		print->marks[mark] = n;
		return;
	}
	assert(seq <= print->last && seq + KEPT > print->last);
	if (message->marks[MARK_REDACTION] != 0)
		return;
	message_marks_set(message, mark, n);
	if (mark == MARK_REDACTION)
		message->text = TEXT_GONE;
	else if (mark == MARK_EDIT)
		message->text = n;
}

/* The last state up to this LSN. */
static size_t
state_at(const struct model *model, uint64_t lsn)
{
	size_t state = model->now;

	while (state > 0 && model->states[state].lsn > lsn)
		state = model->states[state].before;
	return state;
}

void
model_commit(struct model *model, uint64_t lsn)
{
	size_t state = state_at(model, lsn);

	if (model_follows(model, state, model->reported))
		model->reported = state;
}

void
model_fail(struct model *model, uint64_t first_lsn)
{
	model->now = state_at(model, first_lsn - 1);
}

void
model_sync(struct model *model)
{
	model->safe = model->reported;
}

void
model_resume(struct model *model, size_t state, const struct content *found)
{
	for (unsigned i = 0; i < ROOMS; i++) {
		const struct found_room *room = &found->rooms[i];

		if (room->generation > 0)
			strcpy(model->generations[room->generation - 1]->epoch,
			    room->epoch);
	}
	model->now = model->reported = model->safe = state;
}

bool
model_follows(const struct model *model, size_t state, size_t earlier)
{
	while (state > earlier)
		state = model->states[state].before;
	return state == earlier;
}

static bool
is_found(const struct state *state, const struct print *found)
{
	for (unsigned i = 0; i < ROOMS; i++)
		if (state->rooms[i].generation != found[i].generation ||
		    state->rooms[i].last != found[i].last ||
		    state->rooms[i].hash != found[i].hash ||
		    !print_has_same_marks(&state->rooms[i], &found[i]))
			return false;
	return true;
}

/* The latest one: several may be equal. */
size_t
model_find(const struct model *model, const struct content *content,
    size_t least)
{
	struct print found[ROOMS];

	for (unsigned i = 0; i < ROOMS; i++)
		found[i] = content_print(content, i);
	for (size_t i = model->count; i-- > least;)
		if (is_found(&model->states[i], found) &&
		    model_follows(model, i, least))
			return i;
	return NO_STATE;
}
