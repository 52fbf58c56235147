#include "cmd/parley-bench/fanout.h"

#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/stint.h"

#define PATIENCE_NS 10000000000u
#define LISTEN_ON_NS 20000000u

void
fanout_list_speaker(struct fanout *fanout, struct speaker *speaker)
{
	if (speaker->listed)
		return;
	speaker->listed = true;
	fanout->free_to_speak[fanout->free_count++] = speaker;
}

static void
speak(struct fanout *fanout, struct speaker *speaker, uint64_t said_ns)
{
	char text[SPEECH_SIZE];
	size_t len;

	if (speaker->under_way == UNDER_WAY_MAX)
		wrong_answer("%d messages of one speaker are under way",
		    UNDER_WAY_MAX);
	len = fanout->speech->say(&speaker->next, text);
	client_say(speaker->client, text, len);
	speaker->said_ns[speaker->next.seq++ % UNDER_WAY_MAX] = said_ns;
	speaker->under_way++;
	fanout->under_way++;
}

/* In a closed loop: whoever was heard speaks again. */
static void
speak_in_turn(struct fanout *fanout)
{
	uint64_t now = now_ns();

	for (size_t i = 0; i < fanout->free_count; i++) {
		struct speaker *speaker = fanout->free_to_speak[i];

		speaker->listed = false;
		while (speaker->under_way < fanout->shape.window)
			speak(fanout, speaker, now);
		client_flush(speaker->client);
	}
	fanout->free_count = 0;
}

/*
 * At a rate: whoever is due speaks, and a message counts from the moment it
 * was due, so that a server that is late cannot hide it. Returns how long
 * nobody will be due.
 */
static uint64_t
speak_on_time(struct fanout *fanout)
{
	uint64_t period = 1000000000u / fanout->shape.rate;
	uint64_t now = now_ns();
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < fanout->speaker_count; i++) {
		struct speaker *speaker = &fanout->speakers[i];

		while (speaker->due_ns <= now) {
			speak(fanout, speaker, speaker->due_ns);
			client_flush(speaker->client);
			speaker->due_ns += period;
		}
		if (speaker->due_ns < next)
			next = speaker->due_ns;
	}
	return next - now;
}

/* Everybody may begin; at a rate, evenly spread over the first period. */
static void
begin(struct fanout *fanout)
{
	uint64_t now = now_ns();

	fanout->free_count = 0;
	for (size_t i = 0; i < fanout->speaker_count; i++) {
		struct speaker *speaker = &fanout->speakers[i];

		speaker->listed = false;
		fanout_list_speaker(fanout, speaker);
		if (fanout->shape.rate > 0)
			speaker->due_ns = now + i * 1000000000u /
						    (fanout->speaker_count *
							fanout->shape.rate);
	}
}

static void
finish(struct fanout *fanout)
{
	while (fanout->under_way > 0)
		if (!crowd_turn(&fanout->crowd, PATIENCE_NS))
			wrong_answer("%llu messages were not heard by all",
			    (unsigned long long)fanout->under_way);
}

static void
talk(struct fanout *fanout, struct stint *stint)
{
	while (!stint_is_over(stint)) {
		speak_in_turn(fanout);
		if (!crowd_turn(&fanout->crowd, PATIENCE_NS))
			break;
	}
}

static void
talk_on_time(struct fanout *fanout, const struct stint *stint)
{
	while (stint_wall_ns(stint) < stint->duration_ns)
		crowd_turn(&fanout->crowd, speak_on_time(fanout));
}

void
fanout_run(struct fanout *fanout, uint64_t duration_ns,
    struct fanout_result *result)
{
	struct stint stint;

	fanout->result = result;
	begin(fanout);
	stint_begin(&stint, &fanout->bench->meter, duration_ns);
	if (fanout->shape.rate > 0)
		talk_on_time(fanout, &stint);
	else
		talk(fanout, &stint);
	finish(fanout);
	result->cpu_ns += stint_cpu_ns(&stint);
	result->wall_ns += stint_wall_ns(&stint);
}

void
fanout_listen_on(struct fanout *fanout)
{
	uint64_t end_ns = now_ns() + LISTEN_ON_NS;

	for (uint64_t now = now_ns(); now < end_ns; now = now_ns())
		crowd_turn(&fanout->crowd, end_ns - now);
}
