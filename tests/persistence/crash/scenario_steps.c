/* The random steps of a scenario. */
#include "tests/persistence/crash/report.h"
#include "tests/persistence/crash/scenario.h"

static unsigned
scenario_random_room(struct scenario *scenario)
{
	return (unsigned)chance_below(&scenario->chance, ROOMS);
}

/* Whether the command succeeded. */
static bool
scenario_is_accepted(const struct scenario *scenario, enum chat_error error)
{
	if (error != CHAT_OK && !scenario->may_fail)
		violation("a command is refused: %s", chat_error_word(error));
	return error == CHAT_OK;
}

static void
scenario_create_room(struct scenario *scenario, unsigned place)
{
	unsigned number = model_next_generation(&scenario->model);
	struct room room;
	uint64_t lsn;

	sample_room(&room, place, number);
	if (scenario_is_accepted(scenario,
		scenario->kind->make_room(scenario->subject, &room, &lsn)))
		model_make_room(&scenario->model, place, number, room.epoch,
		    lsn);
}

static void
scenario_remove_room(struct scenario *scenario, unsigned place)
{
	struct room room;
	uint64_t lsn;

	sample_room(&room, place, 1);
	if (scenario_is_accepted(scenario,
		scenario->kind->remove_room(scenario->subject,
		    str_from(room.id), &lsn)))
		model_remove_room(&scenario->model, place, lsn);
}

static void
scenario_toggle_room(struct scenario *scenario)
{
	unsigned place = scenario_random_room(scenario);

	if (model_room(&scenario->model, place)->generation == 0)
		scenario_create_room(scenario, place);
	else if (!scenario->may_fail)
		scenario_remove_room(scenario, place);
}

static void
scenario_write_message(struct scenario *scenario)
{
	unsigned place = scenario_random_room(scenario);
	const struct print *room = model_room(&scenario->model, place);
	struct sample_message sample;
	struct room names;
	unsigned n;
	uint64_t lsn;

	if (room->generation == 0 || room->last + 1 >= SEQ_MOST) {
		scenario_toggle_room(scenario);
		return;
	}
	n = model_next_message(&scenario->model);
	sample_message_make(&sample, n);
	sample_room(&names, place, room->generation);
	sample.message.seq = room->last + 1;
	if (!scenario_is_accepted(scenario,
		scenario->kind->message_write(scenario->subject,
		    str_from(names.id), &sample.message, &lsn)))
		return;
	if (sample.message.seq != room->last + 1)
		violation("room%u: the message did not get the next number",
		    place);
	model_message_write(&scenario->model, place, n, lsn);
}

/* Whether something was sent that is not acknowledged yet. */
static bool
scenario_has_unacknowledged(const struct scenario *scenario)
{
	return scenario->model.reported != scenario->model.now;
}

/* All kinds are equally frequent, and all members within a kind. */
static unsigned
scenario_random_room_mark(struct scenario *scenario)
{
	unsigned kind = (unsigned)chance_below(&scenario->chance, 5);

	if (kind < 2)
		return kind;
	return 2 + (kind - 2) * MARK_SUBJECTS +
	       (unsigned)chance_below(&scenario->chance, MARK_SUBJECTS);
}

/* Chooses what to set: of the room, or of one of the messages it keeps. */
static unsigned
scenario_random_mark(struct scenario *scenario, const struct print *room,
    uint64_t *seq)
{
	size_t kept = room->last < KEPT ? (size_t)room->last : KEPT;
	size_t lot = chance_below(&scenario->chance, 100);

	*seq = 0;
	if (kept == 0 || lot < 40)
		return scenario_random_room_mark(scenario);
	*seq = room->last - chance_below(&scenario->chance, kept);
	if (lot < 55)
		return MARK_REDACTION;
	if (lot < 75)
		return MARK_EDIT;
	return 2 + (unsigned)chance_below(&scenario->chance, MESSAGE_MARKS - 2);
}

/*
 * A message that is not acknowledged, or is redacted, can have no attributes;
 * then the command may be refused.
 */
static void
scenario_set_attribute(struct scenario *scenario)
{
	unsigned place = scenario_random_room(scenario);
	const struct print *room = model_room(&scenario->model, place);
	static struct sample_mark mark;
	struct room names;
	enum chat_error error;
	unsigned which, n;
	uint64_t seq, lsn;

	if (room->generation == 0)
		return;
	which = scenario_random_mark(scenario, room, &seq);
	n = model_next_message(&scenario->model);
	sample_mark_make(&mark, seq, which, n);
	if ((seq == 0 || which > MARK_EDIT) &&
	    chance_below(&scenario->chance, 4) == 0) {
		mark.attribute.value = STR_ABSENT;
		n = 0;
	}
	sample_room(&names, place, room->generation);
	error = scenario->kind->set_attribute(scenario->subject,
	    str_from(names.id), &mark.attribute, &lsn);
	if (error == CHAT_MESSAGE_NOT_FOUND &&
	    (scenario_has_unacknowledged(scenario) ||
		room->messages[seq % KEPT].marks[MARK_REDACTION] != 0))
		return;
	if (scenario_is_accepted(scenario, error))
		model_set_mark(&scenario->model, place, seq, which, n, lsn);
}

static void
scenario_set_attributes(struct scenario *scenario)
{
	size_t count = 1 + chance_below(&scenario->chance, 4);

	for (size_t i = 0; i < count; i++)
		scenario_set_attribute(scenario);
}

/*
 * A client retries a message with the same key. A failed write may have evicted
 * the oldest message before it was undone.
 */
static void
scenario_repeat_message(struct scenario *scenario)
{
	unsigned place = scenario_random_room(scenario);
	const struct print *room = model_room(&scenario->model, place);
	size_t kept = room->last < KEPT ? (size_t)room->last : KEPT;
	struct sample_message sample;
	struct room names;
	uint64_t seq, found;

	if (scenario->kind->find == NULL || room->generation == 0 || kept == 0)
		return;
	seq = room->last - chance_below(&scenario->chance, kept);
	sample_message_make(&sample,
	    scenario->model.generations[room->generation - 1]->numbers[seq]);
	if (sample.message.key.len == 0)
		return;
	sample_room(&names, place, room->generation);
	found = scenario->kind->find(scenario->subject, str_from(names.id),
	    sample.message.key);
	if (found != seq && (found != 0 || !scenario->may_fail))
		violation("room%u: a retry would be stored again", place);
}

static void
scenario_write_messages(struct scenario *scenario)
{
	size_t count = 1 + chance_below(&scenario->chance, 5);

	for (size_t i = 0; i < count; i++)
		scenario_write_message(scenario);
}

static void
scenario_step(struct scenario *scenario)
{
	scenario->kind->step(scenario->subject);
	scenario_poll(scenario);
}

/* Messages acknowledged before are synced by then, if the policy syncs. */
static void
scenario_wait(struct scenario *scenario)
{
	scenario_write_all(scenario);
	memory_disk_advance(scenario->memory,
	    2 * scenario->options.sync_interval_ms);
	scenario_write_all(scenario);
	if (scenario->options.sync == STORE_SYNC_INTERVAL)
		scenario_note_sync(scenario);
}

static void
scenario_reopen(struct scenario *scenario)
{
	scenario_close(scenario);
	(void)scenario_open(scenario);
}

static void
scenario_crash_randomly(struct scenario *scenario)
{
	enum crash_shape shape =
	    (enum crash_shape)chance_below(&scenario->chance, CRASH_SHAPES);

	(void)scenario_crash(scenario, shape, chance_next(&scenario->chance));
}

static void
scenario_act(struct scenario *scenario)
{
	size_t lot = chance_below(&scenario->chance, 100);

	if (lot < 35)
		scenario_write_messages(scenario);
	else if (lot < 50)
		scenario_set_attributes(scenario);
	else if (lot < 65)
		scenario_step(scenario);
	else if (lot < 80)
		scenario_write_all(scenario);
	else if (lot < 84)
		scenario_toggle_room(scenario);
	else if (lot < 87)
		scenario_repeat_message(scenario);
	else if (lot < 94)
		scenario_wait(scenario);
	else if (lot < 97)
		scenario_reopen(scenario);
	else
		scenario_crash_randomly(scenario);
}

void
scenario_run(struct scenario *scenario, unsigned steps)
{
	for (unsigned i = 0; i < steps && scenario->subject != NULL; i++)
		scenario_act(scenario);
}
