import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.config.impl.SecurityConfiguration;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.spi.core.security.ActiveMQJAASSecurityManager;
import org.apache.activemq.artemis.spi.core.security.jaas.InVMLoginModule;

/** An ActiveMQ Artemis that keeps nothing: its acceptors, then a user and the password of that. */
public final class ArtemisBroker {
  public static void main(String[] args) throws Exception {
    Configuration configuration = new ConfigurationImpl().setPersistenceEnabled(false).setSecurityEnabled(true);
    for (int at = 0; at < args.length - 2; at++) configuration.addAcceptorConfiguration("amqp" + at, args[at]);
    SecurityConfiguration users = new SecurityConfiguration();
    users.addUser(args[args.length - 2], args[args.length - 1]);
    users.addRole(args[args.length - 2], "all");
    EmbeddedActiveMQ broker = new EmbeddedActiveMQ();
    broker.setConfiguration(configuration);
    broker.setSecurityManager(new ActiveMQJAASSecurityManager(InVMLoginModule.class.getName(), users));
    broker.start();
  }
}
