
# Says that this instance can serve as soon as it answers: until then its group neither counts nor tells anybody of it.
# One that never answers is given up by the group when its time is over.
(
    token=$(curl -sf -X PUT http://169.254.169.254/latest/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600')
    instance=$(curl -sf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
    until curl -sf -o /dev/null "http://127.0.0.1:{port}{path}"; do sleep 1; done
    until aws --region {region} autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE \
        --lifecycle-hook-name {hook} --auto-scaling-group-name {group} --instance-id "$instance"; do sleep 5; done
) &
