# Brings what AWS Backup recovered to the root, and puts aside what is there. Each step is a rename; what is done is not done
# again, so that it can be run again after an interruption at any moment.
set -eu
mountpoint -q /mnt/efs || { echo '/mnt/efs is not mounted' >&2; exit 1; }
cd /mnt/efs
exec 9>.buddyverse-restore
flock -w 60 9 || { echo 'another restore is at work' >&2; exit 1; }
old=.before-restore-@TOKEN@
[ ! -e "$old/.switched" ] || exit 0
from=
for one in aws-backup-restore_*; do
  [ "$(printf %s "$one" | tr -cd A-Za-z0-9)" != awsbackuprestore@TOKEN@ ] || from=$one
done
[ -d "$from" ] || { echo 'the recovery directory is gone' >&2; exit 1; }
mkdir -p -m 0700 "$old"
names() { find "$1" -mindepth 1 -maxdepth 1 -printf '%f\n'; }
there() { [ -e "$1" ] || [ -L "$1" ]; }
stays() { case $1 in aws-backup-* | .before-restore-* | .buddyverse-restore | .buddyverse) ;; *) return 1 ;; esac; }
aside() {
  if there "$old/$1"; then mv -T "$1" "$old/$1.$(date +%s%N)"; else mv -T "$1" "$old/$1"; fi
}
if [ ! -e "$old/.recovered" ]; then
  names "$from" >"$old/.recovered.new"
  mv "$old/.recovered.new" "$old/.recovered"
fi
while IFS= read -r entry; do
  if stays "$entry" || ! there "$from/$entry"; then continue; fi
  if there "$entry"; then aside "$entry"; fi
  mv -T "$from/$entry" "$entry"
done <"$old/.recovered"
names . >"$old/.present"
while IFS= read -r entry; do
  if stays "$entry" || grep -Fxq -e "$entry" "$old/.recovered"; then continue; fi
  aside "$entry"
done <"$old/.present"
rm -f "$old/.present"
touch "$old/.switched"
rmdir "$from" 2>/dev/null || true
