-- No ARGV.

redis.call('DEL', KEYS[1], KEYS[2])
return list_pack({'ok'})
