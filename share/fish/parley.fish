# Completion of parley(1) for fish.
set -l words chat send tail rooms
set -l none "not __fish_seen_subcommand_from $words"
set -l some "__fish_seen_subcommand_from $words"
set -l member "__fish_seen_subcommand_from chat send tail"

complete -c parley -f
complete -c parley -n "$none" -a chat -d 'Chat interactively'
complete -c parley -n "$none" -a send -d 'Post each input line'
complete -c parley -n "$none" -a tail -d 'Print messages'
complete -c parley -n "$none" -a rooms -d 'List the rooms'
complete -c parley -n "$none" -l version -d 'Print the version'
complete -c parley -l help -d 'Print a help text'
complete -c parley -n "$member" -l name -x -d 'Requested display name'
complete -c parley -n "$member" -l room -x -d 'The room to join'
complete -c parley -n "$member" -l join -x -d 'The room to join'
complete -c parley -n "$member" -l dialect -xa 'command action topic' -d 'Protocol dialect'
complete -c parley -n "$member" -l transient -d 'Create rooms that are deleted when empty'
complete -c parley -n '__fish_seen_subcommand_from chat tail' -l history -x -d 'Older messages'
complete -c parley -n '__fish_seen_subcommand_from tail' -l since -x -d 'EPOCH:SEQ to resume after'
complete -c parley -n '__fish_seen_subcommand_from tail' -l json -d 'Print JSON objects'
complete -c parley -n '__fish_seen_subcommand_from send' -l timeout -x -d 'Seconds for acknowledgements'
complete -c parley -n "$some" -l user -x -d 'Log in with a password'
complete -c parley -n "$some" -l token -x -d 'A signed token'
complete -c parley -n "$some" -l ca -rF -d 'Trust these certificates'
complete -c parley -n "$some" -l insecure -d 'Do not verify the certificate'
